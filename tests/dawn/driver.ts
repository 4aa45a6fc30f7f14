/** The Vulkan driver that Dawn runs on in tests. */

/** Where Chromium and Chrome have SwiftShader. */
const DRIVERS = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];

const named = Deno.env.get("DAWN_DRIVER");
/** The path of its description; undefined where there is none. */
export const driver = (named ? [named] : DRIVERS).find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
/** What to say where there is none. */
export const NO_DRIVER =
  `Dawn is tested on a Vulkan driver, and none is at ${named ?? DRIVERS.join(" or ")}. ` +
  "On Debian, ./setup.sh --chromium installs one; or name yours: DAWN_DRIVER=/path/to/icd.json";
