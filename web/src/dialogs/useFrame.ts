import { createContext, useContext } from 'react';

export interface FrameHost {
  readonly opener: Element | null;
  readonly onClose: () => void;
}

export const FrameContext = createContext<FrameHost | null>(null);

export function useFrame(): FrameHost {
  const host = useContext(FrameContext);
  if (host === null) throw new Error('useFrame is called outside Dialog');
  return host;
}
