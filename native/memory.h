#ifndef SONDE_NATIVE_MEMORY_H
#define SONDE_NATIVE_MEMORY_H

namespace sonde
{

/* For the whole process: glibc's defaults are for throughput, these for a small resident size. */
void TuneAllocator();

} // namespace sonde

#endif
