/**
 * Dark or light: the system's choice until the visitor makes another, which is remembered. Loaded in the head as a
 * plain script, before anything is painted, so that the page never flashes in the other theme.
 */
const KEY = "theme";
type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

/** What was chosen on an earlier visit. Storage may be forbidden; then nothing is remembered. */
function remembered(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}

function current(): Theme {
  return (root.dataset.theme as Theme | undefined) ?? (system.matches ? "dark" : "light");
}

function other(): Theme {
  return current() === "dark" ? "light" : "dark";
}

const chosen = remembered();
if (chosen) root.dataset.theme = chosen;

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector<HTMLButtonElement>(".theme-toggle");
  if (!button) return;
  const label = () => button.textContent = other() === "dark" ? "Dark theme" : "Light theme";
  button.addEventListener("click", () => {
    const theme = other();
    root.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Storage is forbidden: the choice holds for this page.
    }
    label();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  system.addEventListener("change", () => {
    label();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  label();
  button.hidden = false;
});
