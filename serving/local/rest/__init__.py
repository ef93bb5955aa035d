"""TF Serving's REST interface: `/v1/models/...` over HTTP, answered by what answers gRPC."""
