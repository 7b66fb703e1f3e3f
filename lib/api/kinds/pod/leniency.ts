/**
 * What a pod or a template that is stored already may go on saying, though new ones are refused for it.
 *
 * Each is one kind of mistake, wherever it stands: who made it once may make it again.
 * Rule: core validation PodValidationOptions.
 */
export interface PodLeniency {
  /** Huge pages in amounts that are no pages. */
  readonly brokenPages?: boolean;
  /** Values that no label has, in selectors of other pods and in the workload's own. */
  readonly anyLabelValue?: boolean;
  /** The same, of nodes that a pod must run on. */
  readonly anyNodeLabelValue?: boolean;
  readonly anySpreadSelector?: boolean;
  readonly anySpreadKeys?: boolean;
  /** A token anywhere but below its volume. */
  readonly anyTokenPath?: boolean;
  /** Settings of a namespace that is the host's. */
  readonly hostSysctls?: boolean;
  /** Users of its own, with devices. */
  readonly mappedDevices?: boolean;
  /** Users of its own, in the host's network. */
  readonly mappedHostNetwork?: boolean;
  /** A cost of deletion that is no number. */
  readonly anyCost?: boolean;
}
