/** What the address says: the target, the job to show, or the list of imports. */

export interface Place {
  target: string;
  job: string;
  list: boolean;
}

/** Return the place of the page's address. */
export function readPlace(): Place {
  const query = new URLSearchParams(location.search);
  return { target: query.get("target") ?? "", job: query.get("job") ?? "", list: query.get("view") === "imports" };
}

/** Return the address of a place. */
export function addressOf({ target, job, list }: Place): string {
  const query = new URLSearchParams();
  if (list) query.set("view", "imports");
  if (job) query.set("job", job);
  if (target) query.set("target", target);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}
