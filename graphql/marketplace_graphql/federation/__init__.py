"""What gateways of Apollo Federation ask a service for."""
