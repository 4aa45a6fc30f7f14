/** Plots as SVG, drawn without a browser. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const { document } = parseHTML("<html></html>") as unknown as { document: Plot.PlotOptions["document"] };

/** The text of a plot as an SVG. @param label what it shows, for those who cannot see it. */
export function svgPlot(label: string, options: Plot.PlotOptions): string {
  const figure = Plot.plot({ document, ...options });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", label);
  return figure.outerHTML;
}
