/** The notice of a page without WebGPU: the reason, and what to do in this browser. */
import { make } from "./dom.ts";

/** Why there is no WebGPU: the browser has no API, the address is not secure, or the API finds no adapter. */
export type MissingReason = "no-api" | "insecure" | "no-adapter";

/** Rows of webgpu.html, each with the advice that a notice repeats. */
type Advice = { row: string; text: string };

const CAUSES: Readonly<Record<MissingReason, { title: string; cause: string }>> = {
  "no-api": {
    title: "This browser has no WebGPU",
    cause:
      "The page computes on your graphics processor through WebGPU, which this browser does not offer here.",
  },
  "insecure": {
    title: "This address gets no WebGPU",
    cause:
      "Browsers offer WebGPU only to https:// pages, and on the machine itself to http://127.0.0.1 and " +
      "http://localhost. Open the page by one of these addresses.",
  },
  "no-adapter": {
    title: "No graphics processor was found",
    cause: "This browser has WebGPU, but found no adapter to compute on.",
  },
};

const CHROMIUM_LINUX =
  "On Linux, update the browser and the GPU's Vulkan driver. If that is not enough, start the browser with " +
  "--enable-unsafe-webgpu --ozone-platform=x11 --use-angle=vulkan --enable-features=Vulkan,VulkanFromANGLE.";

/** The advice for a browser, by its user agent. */
export function adviceFor(userAgent: string): Advice {
  const has = (pattern: RegExp) => pattern.test(userAgent);
  if (has(/iPhone|iPad|iPod/)) {
    return { row: "safari", text: "Update to iOS or iPadOS 26: every browser on it has WebGPU." };
  }
  if (has(/Firefox\//)) {
    if (has(/Windows/)) return { row: "firefox-windows", text: "Update Firefox: 141 and newer have it." };
    if (has(/Macintosh/)) {
      return {
        row: "firefox-mac",
        text: "Update Firefox: 147 and newer have it on Apple silicon. On an Intel Mac use Chrome or Edge.",
      };
    }
    return {
      row: "firefox-other",
      text: "Use Firefox Nightly or Chrome, or set dom.webgpu.enabled to true in about:config.",
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
    return { row: "safari", text: "Update to macOS 26, whose Safari has it, or use Chrome or Edge." };
  }
  return { row: "browsers", text: "Use a current Chrome, Edge, Firefox or Safari." };
}

/** Why this page has no WebGPU, before it requests an adapter; undefined if it may have. */
export function whyMissing(): MissingReason | undefined {
  if (navigator.gpu) return undefined;
  return globalThis.isSecureContext ? "no-api" : "insecure";
}

/** Fills an element with the notice and shows it. */
export function showWebgpuMissing(notice: HTMLElement, reason: MissingReason): void {
  const { row, text } = adviceFor(navigator.userAgent);
  const { title, cause } = CAUSES[reason];
  const link = make("a", {
    href: `webgpu.html#${row}`,
    textContent: "What to do in each browser and system",
  });
  notice.className = "notice";
  notice.setAttribute("role", "alert");
  notice.replaceChildren(
    make("h2", { textContent: title }),
    make("p", { textContent: cause }),
    make("p", {}, reason === "insecure" ? "" : `${text} `, link, "."),
  );
  notice.hidden = false;
}
