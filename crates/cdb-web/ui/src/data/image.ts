// Makes an image small enough for an icon.

const SIZE = 64;

/** Draws an image file at the size of an icon, as a `data:` URL. Rejects what is no image. */
export async function iconOf(file: Blob): Promise<string> {
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = SIZE;
    canvas.height = SIZE;
    const scale = SIZE / Math.max(image.width, image.height, 1);
    const [width, height] = [image.width * scale, image.height * scale];
    const context = canvas.getContext("2d");
    context?.drawImage(image, (SIZE - width) / 2, (SIZE - height) / 2, width, height);
    return canvas.toDataURL("image/png");
  } finally {
    URL.revokeObjectURL(address);
  }
}
