"""A decision becomes what follows from it. Pure: cases, letters and due dates as values."""
