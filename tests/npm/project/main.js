// In a terminal: prints the numbers.
import { Device } from "@reid/webgpu";
import { numbers } from "./numbers.js";

const device = await Device.open();
console.log(JSON.stringify({ adapter: device.adapter.name, numbers: await numbers(device) }));
device.destroy();
