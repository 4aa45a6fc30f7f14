// In a page: leaves the numbers to whoever looks.
import { Device } from "@reid/webgpu";
import { numbers } from "./numbers.js";

globalThis.result = Device.open().then(async (device) => {
  const result = { adapter: device.adapter.name, numbers: await numbers(device) };
  device.destroy();
  return result;
});
