// The unit of a stream, which the last word of its datatype names: `temperature.celsius` is in °C.

const UNITS: Record<string, string> = {
  ampere: "A",
  bar: "bar",
  bpm: "bpm",
  celsius: "°C",
  centimeter: "cm",
  decibel: "dB",
  degree: "°",
  dollar: "$",
  euro: "€",
  fahrenheit: "°F",
  gram: "g",
  hectopascal: "hPa",
  hertz: "Hz",
  hour: "h",
  kelvin: "K",
  kilocalorie: "kcal",
  kilogram: "kg",
  kilometer: "km",
  kilowatt: "kW",
  kilowatthour: "kWh",
  liter: "l",
  lux: "lx",
  meter: "m",
  mile: "mi",
  milliliter: "ml",
  millimeter: "mm",
  minute: "min",
  pascal: "Pa",
  percent: "%",
  pound: "lb",
  ppm: "ppm",
  second: "s",
  volt: "V",
  watt: "W",
  watthour: "Wh",
};

/** Returns the unit of a datatype, whose last word is one or several: `kilogram`, `kilograms`. */
export function unitOf(datatype: string): string {
  const names = datatype.toLowerCase().split(".");
  if (names[0] === "duration") return "s";
  const name = names.at(-1) ?? "";
  return UNITS[name] ?? UNITS[name.replace(/s$/, "")] ?? "";
}
