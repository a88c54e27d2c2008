// Runs golang/groupcache's own HTTP pool as one node of a fleet, so that ours can be its peer.
//
//	groupcache <self base URL> <peer base URL>...
//
// The group "users" loads "go:<key>" for every key, but fails for "bad". Beside the pool's own path, /ask?key=... answers
// with what this node's Get gives (503 with the error's text otherwise), and /owner?key=... with the base URL of the key's
// owner on this node's ring.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/golang/groupcache"
	"github.com/golang/groupcache/consistenthash"
)

func main() {
	self, peers := os.Args[1], os.Args[1:]
	pool := groupcache.NewHTTPPoolOpts(self, nil)
	pool.Set(peers...)
	ring := consistenthash.New(50, nil)
	ring.Add(peers...)
	group := groupcache.NewGroup("users", 1<<20, groupcache.GetterFunc(load))

	mux := http.NewServeMux()
	mux.Handle("/_groupcache/", pool)
	mux.HandleFunc("/ask", func(w http.ResponseWriter, r *http.Request) {
		var value []byte
		if err := group.Get(r.Context(), r.FormValue("key"), groupcache.AllocatingByteSliceSink(&value)); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Write(value)
	})
	mux.HandleFunc("/owner", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, ring.Get(r.FormValue("key")))
	})

	address, err := url.Parse(self)
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", address.Host)
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	panic(http.Serve(listener, mux))
}

func load(_ context.Context, key string, dest groupcache.Sink) error {
	if key == "bad" {
		return errors.New("the origin failed")
	}
	return dest.SetBytes([]byte("go:" + key))
}
