/** Divides people who are in no parts, and chooses queries where nobody has. */

/** Whether a person is in the test, by the name alone. */
export async function isInTest(person: string): Promise<boolean> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(person.normalize("NFC")));
  return new DataView(digest).getUint8(0) < 0x80;
}

/** The first image of each person and camera, of people whom two cameras have seen. */
export function firstOfEachCamera<Image extends { readonly person: string; readonly camera: string }>(
  images: readonly Image[],
): Image[] {
  const people = new Map<string, Set<string>>();
  const firsts = images.filter(({ person, camera }) => {
    const cameras = people.get(person) ?? new Set();
    people.set(person, cameras);
    const isFirst = !cameras.has(camera);
    cameras.add(camera);
    return isFirst;
  });
  return firsts.filter(({ person }) => (people.get(person)?.size ?? 0) > 1);
}
