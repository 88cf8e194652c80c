/** Progress by Realtime: one private channel for all jobs of an owner. A message is a bell; the row is the truth. */

import type { AnyClient, Job } from "./types.js";

interface Topic {
  listeners: Set<(id: string | undefined) => void>;
  /** Leave the channel, once: leaving it reports its end, which leaves it again. */
  leave(): void;
}

const topics = new WeakMap<AnyClient, Map<string, Topic>>();

/** Call `ring` at messages about a job. Return a function that ends this. Without Realtime nothing is ever called. */
export function listen(supabase: AnyClient, job: Job, ring: () => void): () => void {
  const listener = (id = job.id): void => {
    if (id === job.id) {
      ring();
    }
  };
  try {
    const { listeners, leave } = open(supabase, `import-jobs:${job.created_by}`);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (!listeners.size) {
        leave();
      }
    };
  } catch {
    return () => {};
  }
}

function open(supabase: AnyClient, name: string): Topic {
  const known = topics.get(supabase) ?? new Map<string, Topic>();
  topics.set(supabase, known);
  const existing = known.get(name);
  if (existing) {
    return existing;
  }
  const channel = supabase.channel(name, { config: { private: true } });
  const topic: Topic = {
    listeners: new Set(),
    leave: () => {
      if (known.get(name) === topic) {
        known.delete(name);
        void supabase.removeChannel(channel);
      }
    },
  };
  known.set(name, topic);
  channel.on("broadcast", { event: "progress" }, ({ payload }: { payload?: { id?: string } }) => {
    topic.listeners.forEach((listener) => listener(payload?.id));
  });
  // A private channel is joined with the user's token. A project without Realtime, or without the policy, is not tried
  // for ever.
  supabase.realtime
    .setAuth()
    .then(() => known.get(name) === topic && channel.subscribe((status) => status === "SUBSCRIBED" || topic.leave()))
    .catch(topic.leave);
  return topic;
}
