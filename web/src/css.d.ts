import 'react';

declare module 'react' {
  // Custom properties, set through the style object (never as an attribute).
  interface CSSProperties {
    [name: `--${string}`]: string | number | undefined;
  }
}
