import { type ComponentType, useState } from 'react';
import { DISPLAY_LOOK, DisplayLabel } from './DisplayLabel.tsx';

interface DisplayButtonProps {
  /** The menu could not be loaded, or is being asked for once more. The page goes on, and says why nothing opens. */
  readonly onMissing: (missing: boolean) => void;
}

/** The menu is loaded when it is first opened: it is no part of the first screen. */
export function DisplayButton({ onMissing }: DisplayButtonProps) {
  const [Menu, setMenu] = useState<ComponentType | null>(null);
  const open = async (): Promise<void> => {
    onMissing(false);
    try {
      const { DisplayMenu } = await import('./DisplayMenu.tsx');
      setMenu(() => DisplayMenu);
    } catch {
      // The server is away, or has another version by now.
      onMissing(true);
    }
  };
  if (Menu !== null) return <Menu />;
  return (
    <button type="button" className={DISPLAY_LOOK} onClick={() => void open()}>
      <DisplayLabel />
    </button>
  );
}
