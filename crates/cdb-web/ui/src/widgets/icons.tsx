// Icons of 16 by 16, drawn in the colour of the text beside them.

import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** The mark of the product: a line that ends in a dot. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 26 16" aria-hidden="true" focusable="false">
      <path d="M1 13C4 13 4.500 2 7.500 2s3.500 12 6.500 12c3 0 3.200-6 5-8" />
      <circle cx="21.500" cy="5" r="3.500" />
    </svg>
  );
}

export function TodayIcon() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1v1.500m0 11V15M1 8h1.500m11 0H15M3.100 3.100l1 1m7.800 7.800 1 1m0-9.800-1 1m-7.800 7.800-1 1" />
    </Icon>
  );
}

export function DevicesIcon() {
  return (
    <Icon>
      <rect x="4.500" y="4.500" width="7" height="7" rx="1.500" />
      <path d="M6.500 4.500v-3m3 3v-3m-3 13v-3m3 3v-3m-5-5h-3m3 3h-3m13-3h-3m3 3h-3" />
    </Icon>
  );
}

export function SettingsIcon() {
  return (
    <Icon>
      <path d="M1.500 4.500h6m4 0h3m-13 7h2m4 0h7" />
      <circle cx="9.500" cy="4.500" r="2" />
      <circle cx="5.500" cy="11.500" r="2" />
    </Icon>
  );
}

export function SearchIcon() {
  return (
    <Icon>
      <circle cx="7" cy="7" r="4.500" />
      <path d="m10.500 10.500 4 4" />
    </Icon>
  );
}

export function CodeIcon() {
  return (
    <Icon>
      <path d="m5.500 4-4 4 4 4m5-8 4 4-4 4" />
    </Icon>
  );
}

export function WarnIcon() {
  return (
    <Icon>
      <path d="M8 2 1.500 13.500h13zM8 6.500v3m0 2v.100" />
    </Icon>
  );
}
