/** What a camera reads that is held before a code on a screen. */

import type { Locator } from '@playwright/test';
import jsQR from 'jsqr';

// A CommonJS module, whose types speak of another.
const { default: decode } = jsQR as unknown as { default: typeof jsQR };

const SIDE = 400;

export async function scan(code: Locator): Promise<string | undefined> {
  const pixels = await code.evaluate(async (drawing, side) => {
    const image = new Image(side, side);
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
    await image.decode();
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d');
    context?.drawImage(image, 0, 0, side, side);
    return [...(context?.getImageData(0, 0, side, side).data ?? [])];
  }, SIDE);
  return decode(Uint8ClampedArray.from(pixels), SIDE, SIDE)?.data;
}
