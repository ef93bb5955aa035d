"""Long runs against a server: malformed requests, and hours of load."""
