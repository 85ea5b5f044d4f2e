"""The demo: its servers, its requests, and the whole of it."""
