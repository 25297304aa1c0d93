/** A camera in front of the screen. */

import type { Locator } from '@playwright/test';
import jsQR from 'jsqr';

// A CommonJS module, whose types speak of another.
const { default: decode } = jsQR as unknown as { default: typeof jsQR };

/** What a code that is drawn on a page says. */
export async function scan(code: Locator): Promise<string | undefined> {
  const side = 400;
  const pixels = await code.evaluate(async (drawing, side) => {
    const image = new Image(side, side);
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
    await image.decode();
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d');
    context?.drawImage(image, 0, 0, side, side);
    return [...(context?.getImageData(0, 0, side, side).data ?? [])];
  }, side);
  return decode(Uint8ClampedArray.from(pixels), side, side)?.data;
}
