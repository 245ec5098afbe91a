#include "memory.h"

#include <cstdlib>
#include <malloc.h>

namespace sonde
{

void TuneAllocator()
{
#ifdef __GLIBC__
	/* A heap per thread keeps what each has freed; the threads here are many and allocate little. */
	mallopt(M_ARENA_MAX, 2);
	/* Buffers of spans go back to the system when they are freed. Else glibc raises the threshold to
	 * the largest that was freed, and a heap stays as large as it ever was. */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

} // namespace sonde
