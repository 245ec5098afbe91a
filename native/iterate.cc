#include "object.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

namespace sonde
{

static constexpr size_t kReadBytes = 16384;

struct Request {
	int link;
	int netns;
	std::string *output;
	const char *syscall;
	int error;
};

static int Fail(Request *request, const char *syscall)
{
	request->syscall = syscall;
	return request->error = errno;
}

static int Run(Request *request)
{
	UniqueFd iterator(bpf_iter_create(request->link));
	if (iterator.get() < 0)
		return Fail(request, "bpf_iter_create");
	char buffer[kReadBytes];
	for (;;) {
		ssize_t length = read(iterator.get(), buffer, sizeof(buffer));
		if (length == 0)
			return 0;
		if (length > 0)
			request->output->append(buffer, static_cast<size_t>(length));
		else if (errno != EINTR && errno != EAGAIN)
			return Fail(request, "read");
	}
}

/* A socket iterator sees the network namespace of the thread that opens it; this thread ends right after. */
static void *RunInNamespace(void *argument)
{
	auto *request = static_cast<Request *>(argument);
	if (setns(request->netns, CLONE_NEWNET) != 0)
		Fail(request, "setns");
	else
		Run(request);
	return nullptr;
}

int ReadIterator(int link, const char *netns_path, std::string *output, const char **syscall)
{
	Request request = {link, -1, output, "", 0};
	if (netns_path == nullptr) {
		Run(&request);
	} else {
		UniqueFd netns(open(netns_path, O_RDONLY | O_CLOEXEC));
		request.netns = netns.get();
		pthread_t thread;
		if (netns.get() < 0) {
			Fail(&request, "open");
		} else if ((errno = pthread_create(&thread, nullptr, RunInNamespace, &request)) != 0) {
			Fail(&request, "pthread_create");
		} else {
			pthread_join(thread, nullptr);
		}
	}
	*syscall = request.syscall;
	return request.error;
}

} // namespace sonde
