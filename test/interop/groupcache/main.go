// Command coldsnap-interop runs one node of the real golang/groupcache, so that the tests of coldsnap can be its peers.
//
// It listens on a free port, prints its base URL, and ends when its input does. The group "users" loads "go:<key>" for
// every key, filled up to 1,000 bytes if the key begins with "large", and fails if it begins with "bad". Beside the
// pool's own path it answers:
//
//	/peers?url=...&url=...  makes these the peers, all by their base URLs
//	/owner?key=...          the base URL of the key's owner
//	/ask?key=...            what this node's Get gives; 503 with the error's text if it fails
//	/stats                  {"loads": values loaded here, "evictions": of both of the group's caches}
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"github.com/golang/groupcache"
	"github.com/golang/groupcache/consistenthash"
)

const (
	replicas   = 50 // The pool's default.
	cacheBytes = 64 << 10
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	self := "http://" + listener.Addr().String()
	pool := groupcache.NewHTTPPoolOpts(self, nil)
	group := groupcache.NewGroup("users", cacheBytes, groupcache.GetterFunc(load))

	mux := http.NewServeMux()
	mux.Handle("/_groupcache/", pool)
	// The pool tells its owners only as connections, so this is a ring beside it, of the same kind.
	var ring atomic.Pointer[consistenthash.Map]
	mux.HandleFunc("/peers", func(w http.ResponseWriter, r *http.Request) {
		peers := r.URL.Query()["url"]
		pool.Set(peers...)
		next := consistenthash.New(replicas, nil)
		next.Add(peers...)
		ring.Store(next)
	})
	mux.HandleFunc("/owner", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, ring.Load().Get(r.FormValue("key")))
	})
	mux.HandleFunc("/ask", func(w http.ResponseWriter, r *http.Request) {
		var value []byte
		if err := group.Get(r.Context(), r.FormValue("key"), groupcache.AllocatingByteSliceSink(&value)); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Write(value)
	})
	mux.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) {
		main, hot := group.CacheStats(groupcache.MainCache), group.CacheStats(groupcache.HotCache)
		fmt.Fprintf(w, `{"loads": %d, "evictions": %d}`, group.Stats.LocalLoads.Get(), main.Evictions+hot.Evictions)
	})

	// So that no node outlives the tests, however they end.
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(self)
	panic(http.Serve(listener, mux))
}

func load(_ context.Context, key string, dest groupcache.Sink) error {
	value := []byte("go:" + key)
	switch {
	case strings.HasPrefix(key, "bad"):
		return errors.New("the origin failed")
	case strings.HasPrefix(key, "large"):
		value = append(value, bytes.Repeat([]byte{'.'}, 1000-len(value))...)
	}
	return dest.SetBytes(value)
}
