// gRPC with grpc-go, raw messages. The same calls and arguments as grpc_calls.py.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	service = "shop.Cart"
	replies = 3
	long    = 1200 * time.Millisecond
)

// Messages are bytes already.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func (raw) Name() string { return "raw" }

func receive(stream grpc.ServerStream) (*[]byte, error) {
	message := new([]byte)
	return message, stream.RecvMsg(message)
}

func reply(count int, pause time.Duration) grpc.StreamHandler {
	return func(_ any, stream grpc.ServerStream) error {
		message, err := receive(stream)
		for at := 0; at < count && err == nil; at++ {
			time.Sleep(pause)
			err = stream.SendMsg(message)
		}
		return err
	}
}

func fail(code codes.Code) grpc.StreamHandler {
	return func(_ any, stream grpc.ServerStream) error {
		if _, err := receive(stream); err != nil {
			return err
		}
		return status.Error(code, "failed: secret-text")
	}
}

func both(_ any, stream grpc.ServerStream) error {
	for {
		message, err := receive(stream)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = stream.SendMsg(message)
		}
		if err != nil {
			return err
		}
	}
}

func count(_ any, stream grpc.ServerStream) error {
	for messages := 0; ; messages++ {
		_, err := receive(stream)
		if err == io.EOF {
			answer := []byte(strconv.Itoa(messages))
			return stream.SendMsg(&answer)
		}
		if err != nil {
			return err
		}
	}
}

func slow(_ any, stream grpc.ServerStream) error {
	if _, err := receive(stream); err != nil {
		return err
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

// On the wire a unary call is a stream of one message each way.
var methods = []grpc.StreamDesc{
	{StreamName: "Unary", Handler: reply(1, 0)},
	{StreamName: "Fail", Handler: fail(codes.NotFound)},
	{StreamName: "Broken", Handler: fail(codes.Internal)},
	{StreamName: "Late", Handler: fail(codes.DeadlineExceeded)},
	{StreamName: "Slow", Handler: slow},
	{StreamName: "ServerStream", Handler: reply(replies, 0), ServerStreams: true},
	{StreamName: "Long", Handler: reply(replies, long/replies), ServerStreams: true},
	{StreamName: "ClientStream", Handler: count, ClientStreams: true},
	{StreamName: "Both", Handler: both, ClientStreams: true, ServerStreams: true},
	{StreamName: "Cancel", Handler: both, ClientStreams: true, ServerStreams: true},
}

func serve(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}))
	server.RegisterService(&grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil), Streams: methods}, struct{}{})
	log.Fatal(server.Serve(listener))
}

func unary(conn *grpc.ClientConn, path string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, answer := []byte("x"), []byte(nil)
	return conn.Invoke(ctx, path, &request, &answer, grpc.ForceCodec(raw{}))
}

func stream(conn *grpc.ClientConn, path string, desc *grpc.StreamDesc) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := conn.NewStream(ctx, desc, path, grpc.ForceCodec(raw{}))
	if err != nil {
		return err
	}
	messages := []string{"x"}
	if desc.ClientStreams && desc.StreamName != "Cancel" {
		messages = []string{"one", strings.Repeat("two", 1000), "three", "four"}
	}
	for _, text := range messages {
		message := []byte(text)
		if err := stream.SendMsg(&message); err != nil && err != io.EOF {
			return err
		}
	}
	if desc.StreamName != "Cancel" {
		stream.CloseSend()
	}
	for {
		answer := []byte(nil)
		if err := stream.RecvMsg(&answer); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if desc.StreamName == "Cancel" {
			cancel()
		}
	}
}

func call(conn *grpc.ClientConn, kind string) error {
	path := "/" + service + "/" + kind
	for at := range methods {
		if desc := &methods[at]; desc.StreamName == kind && (desc.ClientStreams || desc.ServerStreams) {
			return stream(conn, path, desc)
		}
	}
	if kind == "Slow" {
		return unary(conn, path, time.Second)
	}
	return unary(conn, path, 10*time.Second)
}

// As the specification writes them.
var names = map[codes.Code]string{
	codes.OK: "OK", codes.Canceled: "CANCELLED", codes.NotFound: "NOT_FOUND", codes.Internal: "INTERNAL",
	codes.Unimplemented: "UNIMPLEMENTED", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
}

func run(port string, counts map[string]int, concurrency int) {
	conn, err := grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	results := map[string]map[string]int{}
	kinds := make(chan string)
	var lock sync.Mutex
	var workers sync.WaitGroup
	for range concurrency {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for kind := range kinds {
				name := names[status.Code(call(conn, kind))]
				lock.Lock()
				if results[kind] == nil {
					results[kind] = map[string]int{}
				}
				results[kind][name]++
				lock.Unlock()
			}
		}()
	}
	for kind, count := range counts {
		for range count {
			kinds <- kind
		}
	}
	close(kinds)
	workers.Wait()
	told, _ := json.Marshal(results)
	fmt.Println(string(told))
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2])
	}
	var counts map[string]int
	if err := json.Unmarshal([]byte(os.Args[3]), &counts); err != nil {
		log.Fatal(err)
	}
	concurrency, err := strconv.Atoi(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	run(os.Args[2], counts, concurrency)
}
