// The unit of a stream, which its datatype names: `temperature.celsius` is in °C.

const UNITS: Record<string, string> = {
  ampere: "A",
  bar: "bar",
  bpm: "bpm",
  celsius: "°C",
  centimeters: "cm",
  decibel: "dB",
  degrees: "°",
  fahrenheit: "°F",
  grams: "g",
  hectopascal: "hPa",
  hertz: "Hz",
  hours: "h",
  kelvin: "K",
  kilograms: "kg",
  kilometers: "km",
  kilowatthours: "kWh",
  liters: "l",
  lux: "lx",
  meters: "m",
  millimeters: "mm",
  minutes: "min",
  pascal: "Pa",
  percent: "%",
  ppm: "ppm",
  seconds: "s",
  volt: "V",
  watt: "W",
  watthours: "Wh",
};

/** Returns the unit of a datatype; nothing for one that names none. */
export function unitOf(datatype: string): string {
  const names = datatype.toLowerCase().split(".");
  if (names[0] === "duration") return "s";
  return UNITS[names.at(-1) ?? ""] ?? "";
}
