/* Bodies that others compressed: bounded by a limit whatever they claim. */
#ifndef SONDE_NATIVE_DECODERS_H
#define SONDE_NATIVE_DECODERS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde
{

enum class Decoded { kOk, kTooLong, kError };

/* out gets the content, never more than limit + 1 bytes; on kError problem says what is wrong. */
using Decoder = Decoded (*)(const uint8_t *bytes, size_t length, size_t limit, std::vector<uint8_t> &out,
			    const char *&problem);

/* nullptr: there is none of this name. */
Decoder DecoderOf(const std::string &name);

} // namespace sonde

#endif
