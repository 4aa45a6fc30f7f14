// Which pairs of a batch are positive and which negative. The kernels of the batch-all loss read this instead of labels,
// four columns per load.
//
//   relations[a, j] = 1 where labels[j] = labels[a] and j != a: a positive of a;  -1 where the labels differ: a negative;
//                     0 for a itself, and in the padding
//
// labels    [B]     identities
// relations [B, B]

fn run(thread: u32) {
  if (thread >= B * B4) { return; }
  let anchor = thread / B4;
  let identity = labels_at(anchor);
  let columns = vec4u(thread % B4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  let j = min(columns, vec4u(B - 1u));
  let labels = vec4u(labels_at(j.x), labels_at(j.y), labels_at(j.z), labels_at(j.w));
  let relations = select(vec4f(-1.0), vec4f(1.0), labels == vec4u(identity));
  relations_store(thread, within(select(relations, vec4f(0.0), columns == vec4u(anchor)), thread % B4, B));
}
