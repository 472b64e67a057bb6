package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/push"
)

// crowd is the clients. Each reads one stream with as little as possible, because the measurement
// is about the server.
type crowd struct {
	connections []net.Conn
	arrived     chan arrival
	failed      chan error
}

// arrival says that a client has the hint of a revision.
type arrival struct {
	revision int64
	at       time.Time
}

// dialing is the number of connections that are opened at the same time.
const dialing = 50

// connect opens the streams, and returns when each has had its first hint.
func connect(ctx context.Context, address string, streams int) (*crowd, error) {
	c := &crowd{
		connections: make([]net.Conn, streams), arrived: make(chan arrival, 2*streams),
		failed: make(chan error, streams),
	}
	var all sync.WaitGroup
	places := make(chan int)
	for range dialing {
		all.Go(func() {
			for i := range places {
				if err := c.open(ctx, i, address); err != nil {
					c.failed <- err
				}
			}
		})
	}
	for i := range streams {
		places <- i
	}
	close(places)
	all.Wait()
	if _, err := c.wait(time.Now(), 1); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *crowd) open(ctx context.Context, i int, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	c.connections[i] = connection
	_, err = io.WriteString(connection, "GET /flags.json/events HTTP/1.1\r\nHost: example.com\r\n\r\n")
	if err != nil {
		return err
	}
	go c.read(connection)
	return nil
}

// read reports each hint of a stream until its connection is closed.
func (c *crowd) read(connection net.Conn) {
	for lines := bufio.NewScanner(connection); lines.Scan(); {
		if text, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
			c.arrived <- arrival{push.Parse(text).Revision, time.Now()}
		}
	}
	c.failed <- errors.New("bench: the server has ended a stream")
}

// wait returns the time from began until the last client had the hint of a revision. A client may
// miss an earlier one, so only this revision counts.
func (c *crowd) wait(began time.Time, revision int) (last time.Duration, err error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for missing := len(c.connections); missing > 0; {
		select {
		case a := <-c.arrived:
			if a.revision == int64(revision) {
				missing--
				last = max(last, a.at.Sub(began))
			}
		case err := <-c.failed:
			return 0, err
		case <-timeout.C:
			return 0, fmt.Errorf("bench: %d streams have no hint of revision %d after %v", missing, revision, patience)
		}
	}
	return last, nil
}

func (c *crowd) close() {
	for _, connection := range c.connections {
		if connection != nil {
			_ = connection.Close()
		}
	}
}
