"""Pictures of the demo's listings, drawn here in the product's own colours: nothing is downloaded."""
