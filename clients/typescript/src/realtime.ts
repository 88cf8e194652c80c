/** Progress by Realtime: one private channel for all jobs of an owner. A message is a bell; the row is the truth. */

import type { RealtimeChannel } from "@supabase/supabase-js";
import type { AnyClient, Job } from "./types.js";

interface Topic {
  channel: RealtimeChannel;
  listeners: Set<(id: string | undefined) => void>;
}

const topics = new WeakMap<AnyClient, Map<string, Topic>>();

/** Call `ring` at messages about a job. Return a function that ends this. Without Realtime nothing is ever called. */
export function listen(supabase: AnyClient, job: Job, ring: () => void): () => void {
  const listener = (id: string | undefined): void => {
    if (id === undefined || id === job.id) {
      ring();
    }
  };
  try {
    const name = `import-jobs:${job.created_by}`;
    const topic = open(supabase, name);
    topic.listeners.add(listener);
    return () => {
      topic.listeners.delete(listener);
      if (!topic.listeners.size) {
        close(supabase, name, topic);
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
  const listeners: Topic["listeners"] = new Set();
  const channel = supabase.channel(name, { config: { private: true } });
  const topic = { channel, listeners };
  known.set(name, topic);
  channel
    .on("broadcast", { event: "progress" }, ({ payload }: { payload?: { id?: string } }) => {
      listeners.forEach((listener) => listener(payload?.id));
    })
    .subscribe((status) => {
      // A project without Realtime, or without the policy: do not try for ever.
      if (status !== "SUBSCRIBED") {
        close(supabase, name, topic);
      }
    });
  return topic;
}

/** Leave a channel, once: leaving it calls the function above again. */
function close(supabase: AnyClient, name: string, topic: Topic): void {
  const known = topics.get(supabase);
  if (known?.get(name) === topic) {
    known.delete(name);
    void supabase.removeChannel(topic.channel);
  }
}
