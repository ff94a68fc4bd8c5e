"""The services: each owns its data, and meets the others only at proto/."""
