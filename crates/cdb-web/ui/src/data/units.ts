// The units that the last word of a datatype names: `temperature.celsius` is in °C.

const UNITS: Record<string, string> = {
  celsius: "°C",
  fahrenheit: "°F",
  kelvin: "K",
  percent: "%",
  volt: "V",
  ampere: "A",
  watt: "W",
  kilowatt: "kW",
  watthour: "Wh",
  kilowatthour: "kWh",
  gram: "g",
  kilogram: "kg",
  pound: "lb",
  pascal: "Pa",
  hectopascal: "hPa",
  bar: "bar",
  ppm: "ppm",
  lux: "lx",
  decibel: "dB",
  hertz: "Hz",
  millimeter: "mm",
  centimeter: "cm",
  meter: "m",
  kilometer: "km",
  mile: "mi",
  liter: "l",
  milliliter: "ml",
  second: "s",
  minute: "min",
  hour: "h",
  degree: "°",
  kilocalorie: "kcal",
  euro: "€",
  dollar: "$",
};

/** The unit of the values of a datatype, whose last word is one or several: `kilogram`, `kilograms`. */
export function unitOf(datatype: string): string {
  const name = datatype.toLowerCase().split(".").at(-1) ?? "";
  return UNITS[name] ?? UNITS[name.replace(/s$/, "")] ?? "";
}
