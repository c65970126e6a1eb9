// Formats of times, each made once: that takes longer than to use it.

const formats = new Map<string, Intl.DateTimeFormat>();

export function timeFormat(
  zone: string,
  options: Intl.DateTimeFormatOptions,
  locale?: string,
): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, zone, options]);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    formats.set(key, known);
  }
  return known;
}
