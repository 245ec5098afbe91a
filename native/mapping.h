#ifndef SONDE_NATIVE_MAPPING_H
#define SONDE_NATIVE_MAPPING_H

#include <napi.h>

#include <memory>
#include <unistd.h>
#include <utility>

namespace sonde
{

class UniqueFd
{
      public:
	explicit UniqueFd(int fd = -1) : fd_(fd)
	{
	}
	~UniqueFd()
	{
		Reset();
	}
	UniqueFd(const UniqueFd &) = delete;
	UniqueFd &operator=(const UniqueFd &) = delete;
	UniqueFd(UniqueFd &&other) noexcept : fd_(std::exchange(other.fd_, -1))
	{
	}
	int get() const
	{
		return fd_;
	}
	void Reset(int fd = -1)
	{
		if (fd_ >= 0)
			close(fd_);
		fd_ = fd;
	}

      private:
	int fd_;
};

/* One mmap, unmapped with the last owner or by Unmap(). */
class Mapping
{
      public:
	Mapping(void *address, size_t length) : address_(address), length_(length)
	{
	}
	~Mapping()
	{
		Unmap();
	}
	Mapping(const Mapping &) = delete;
	Mapping &operator=(const Mapping &) = delete;
	/* nullptr and errno if the kernel refuses. */
	static std::shared_ptr<Mapping> Map(int fd, size_t length, int protection, off_t offset);
	void Unmap();
	char *address() const
	{
		return static_cast<char *>(address_);
	}
	size_t length() const
	{
		return length_;
	}

      private:
	void *address_;
	size_t length_;
};

/*
 * An external ArrayBuffer over part of a mapping. The buffer owns a share of the mapping, so the pages stay
 * as long as JavaScript can reach them, whatever the garbage collector or the end of the environment frees
 * first. Close() takes the buffer's pages away from JavaScript first, and unmaps then.
 */
class MappedBuffer
{
      public:
	/* Empty reference and a pending exception on failure. */
	MappedBuffer(Napi::Env env, std::shared_ptr<Mapping> mapping, size_t offset, size_t length);
	Napi::Value Value(Napi::Env env) const;
	void Close(Napi::Env env);

      private:
	std::shared_ptr<Mapping> mapping_;
	Napi::Reference<Napi::ArrayBuffer> buffer_;
};

} // namespace sonde

#endif
