"""SIL Marketplace: one shop for the craft and farm products of cooperatives and heritage companies."""
