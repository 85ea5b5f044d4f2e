"""What happens when it is killed, cut off, or lied to."""
