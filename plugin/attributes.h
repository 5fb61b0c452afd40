// SPDX-License-Identifier: Apache-2.0
// The attributes obs::monitor, obs::ignore and obs::secret, which register
// themselves with clang.
#ifndef OBS_PLUGIN_ATTRIBUTES_H
#define OBS_PLUGIN_ATTRIBUTES_H

namespace clang {
class Preprocessor;
} // namespace clang

namespace obs::plugin {

// Whether the source is looked at (clang-tidy, clang --analyze), not compiled:
// then what is looked at is the user's code as it stands.
bool isAnalyzed(const clang::Preprocessor &preprocessor);

} // namespace obs::plugin

#endif // OBS_PLUGIN_ATTRIBUTES_H
