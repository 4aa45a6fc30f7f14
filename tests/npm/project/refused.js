// In Node without the package `webgpu`: prints the errors.
import { Device } from "@reid/webgpu";

for (const options of [{}, { gpu: { requestAdapter: () => Promise.resolve(null) } }]) {
  await Device.open(options).catch(({ name, message }) => console.log(`${name}: ${message}`));
}
