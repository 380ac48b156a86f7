import { useBackendWords } from '../hooks/useBackend.ts';
import { NoWayBack } from './NoWayBack.tsx';

/** Who is asked to stop what, and that it cannot be undone. */
export function StopsEach() {
  const { backend, instance } = useBackendWords();
  return (
    <>
      The {backend} is asked to stop each {instance} whose workspace is still removed. <NoWayBack />
    </>
  );
}
