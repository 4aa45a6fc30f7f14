/** What a page says where it cannot compute: why, and what to do in this very browser. */

/** Why there is no GPU: no API, the page's address, or no adapter behind the API. */
export type MissingReason = "no-api" | "insecure" | "no-adapter";

/** Rows of webgpu.html, each with the advice that a notice repeats. */
type Advice = { row: string; text: string };

const CHROMIUM_LINUX =
  "On Linux, update the browser and the GPU's Vulkan driver. Where that is not enough, start the browser with " +
  "--enable-unsafe-webgpu --ozone-platform=x11 --use-angle=vulkan --enable-features=Vulkan,VulkanFromANGLE.";

/** The advice for a browser, by how it names itself. */
export function adviceFor(userAgent: string): Advice {
  const has = (pattern: RegExp) => pattern.test(userAgent);
  if (has(/iPhone|iPad|iPod/)) {
    return { row: "safari", text: "Update to iOS or iPadOS 26: every browser there has WebGPU since then." };
  }
  if (has(/Firefox\//)) {
    if (has(/Windows/)) return { row: "firefox-windows", text: "Update Firefox: 141 and newer have it." };
    if (has(/Macintosh/)) {
      return {
        row: "firefox-mac",
        text: "Update Firefox: 147 and newer have it on Apple silicon. On an Intel Mac take Chrome or Edge.",
      };
    }
    return {
      row: "firefox-other",
      text: "Take Firefox Nightly, or Chrome; or set dom.webgpu.enabled to true in about:config.",
    };
  }
  if (has(/Chrome\/|Chromium\//)) {
    if (has(/Android/)) {
      return { row: "chromium-android", text: "Update the browser; it needs Android 12 or newer." };
    }
    if (has(/Linux/) && !has(/CrOS/)) return { row: "chromium-linux", text: CHROMIUM_LINUX };
    return {
      row: "chromium-desktop",
      text:
        "Update the browser and the graphics driver, and switch on graphics acceleration in its system settings.",
    };
  }
  if (has(/Safari\//)) {
    return { row: "safari", text: "Update to macOS 26, whose Safari has it; or take Chrome or Edge." };
  }
  return { row: "browsers", text: "Take a current Chrome, Edge, Firefox or Safari." };
}

/** Why this page can have no GPU, as far as can be said without asking for one; undefined where it may have. */
export function whyMissing(): MissingReason | undefined {
  if (navigator.gpu) return undefined;
  return globalThis.isSecureContext ? "no-api" : "insecure";
}

/** Fills a page's element with the notice and shows it. */
export function showWebgpuMissing(place: HTMLElement, reason: MissingReason): void {
  const { row, text } = adviceFor(navigator.userAgent);
  const [title, why] = {
    "no-api": [
      "This browser has no WebGPU",
      "The page computes on your graphics processor through WebGPU, and this browser does not offer it here.",
    ],
    "insecure": [
      "This address gets no WebGPU",
      "Browsers offer WebGPU only to https:// pages and to http://127.0.0.1 and http://localhost on the machine itself. Open the page by one of these.",
    ],
    "no-adapter": [
      "No graphics processor was found",
      "This browser has WebGPU and found no adapter to compute on.",
    ],
  }[reason];
  const heading = document.createElement("h2");
  heading.textContent = title;
  const cause = document.createElement("p");
  cause.textContent = why;
  const remedy = document.createElement("p");
  if (reason !== "insecure") remedy.append(text, " ");
  const link = document.createElement("a");
  link.href = `webgpu.html#${row}`;
  link.textContent = "What to do in every browser and system";
  remedy.append(link, ".");
  place.className = "notice";
  place.setAttribute("role", "alert");
  place.replaceChildren(heading, cause, remedy);
  place.hidden = false;
}
