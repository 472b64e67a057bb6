package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// origin is the web server with the ruleset. Any server that sends an ETag will do.
type origin struct {
	url               string
	server            *http.Server
	full, notModified atomic.Int64 // answers with and without a body
}

// serve starts a web server on a free port of loopback.
func serve(document []byte) (*origin, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &origin{url: "http://" + listener.Addr().String() + "/flags/shop.json"}
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(document))
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == etag {
			o.notModified.Add(1)
		} else {
			o.full.Add(1)
		}
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "shop.json", time.Time{}, bytes.NewReader(document))
	}
	o.server = &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = o.server.Serve(listener) }()
	return o, nil
}

// close stops the server and its open connections.
func (o *origin) close() { _ = o.server.Close() }
