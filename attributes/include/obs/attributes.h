/* SPDX-License-Identifier: Apache-2.0
 * The attributes for sources that other compilers have to compile without a
 * warning: OBS_MONITOR(sample=0.01) is [[obs::monitor(sample=0.01)]] where the
 * obs plugin is at work, and nothing elsewhere. Where they may stand and which
 * keys there are: docs/attribute.md and docs/secrets.md. Any standard of C++,
 * any compiler. */
#ifndef OBS_ATTRIBUTES_H
#define OBS_ATTRIBUTES_H

#ifdef __OBS_MONITOR__ /* defined by the plugin */
#define OBS_MONITOR(...) [[obs::monitor(__VA_ARGS__)]]
#define OBS_IGNORE [[obs::ignore]]
#define OBS_SECRET [[obs::secret]]
#define OBS_NOT_SECRET [[obs::secret(false)]]
#else
#define OBS_MONITOR(...)
#define OBS_IGNORE
#define OBS_SECRET
#define OBS_NOT_SECRET
#endif

#endif /* OBS_ATTRIBUTES_H */
