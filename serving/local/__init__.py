"""A local server with TF Serving's gRPC interface, for laptops and tests."""
