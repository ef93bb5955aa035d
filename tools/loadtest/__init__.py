"""What a server takes: requests at given rates, and how long their answers take."""
