const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const fs = require("fs");
const definition = loader.loadFileDescriptorSetFromBuffer(fs.readFileSync(process.argv[2]), { keepCase: true });
const serving = grpc.loadPackageDefinition(definition).tensorflow.serving;
const client = new serving.PredictionService(process.argv[3], grpc.credentials.createInsecure());
const request = {
  model_spec: { name: "shop" },
  // Loaded from descriptors, a map is a list of its entries.
  inputs: [{ key: "x", value: { dtype: "DT_FLOAT", tensor_shape: { dim: [{ size: 2 }] }, float_val: [2, 6] } }],
};
client.predict(request, { deadline: Date.now() + 20000 }, (error, response) => {
  if (error) { console.error(error.message); process.exit(1); }
  console.log(JSON.stringify({ y: response.outputs[0].value.float_val, version: String(response.model_spec.version.value) }));
  client.close();
});
