import { IMAGE } from '../support/image.ts';
import type { Check } from './check.ts';
import { refusal } from './kubelet.ts';
import { ImageStatus, Status, Version } from './messages.ts';

/** What a kubelet asks before it asks for pods. */
export const service: readonly Check[] = [
  {
    name: 'Version',
    does: (kubelet) => kubelet.call(Version, {}),
    gives: { runtime_name: 'containerd', runtime_api_version: 'v1' },
  },
  {
    name: 'Status: with the configuration of packaging/ it is ready',
    async does(kubelet) {
      const { status } = await kubelet.call(Status, {});
      return status?.conditions?.find(({ type }) => type === 'RuntimeReady');
    },
    gives: { status: true },
  },
  {
    name: 'ImageStatus',
    does: (kubelet) => kubelet.call(ImageStatus, { image: { image: IMAGE } }),
    gives: { image: { repo_tags: expect.arrayContaining([IMAGE]) } },
  },
  {
    name: 'a runtime that is not configured',
    does: (kubelet) => refusal(kubelet.pod({}, 'another')),
    gives: expect.stringMatching(/no runtime for "another" is configured/),
  },
];
