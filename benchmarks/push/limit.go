package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// hintBytes is about the size of an event with a hint.
const hintBytes = 128

// limit measures the network of this machine without any library: a round trip, and the time until
// the last of many connections has read as many bytes as an event has.
func limit(ctx context.Context, s sizes) ([]row, error) {
	n := s.of(5000)
	ours, theirs, err := connections(ctx, n)
	defer closeAll(ours, theirs)
	if err != nil {
		return nil, err
	}
	trip, err := roundTrip(ours[0], theirs[0])
	if err != nil {
		return nil, err
	}
	times, err := fanOut(ours, theirs, s.publications)
	if err != nil {
		return nil, err
	}
	return []row{
		{name: "limit: a round trip over loopback", value: inMilliseconds(trip), unit: "ms", note: "median of 1000"},
		{
			name:  fmt.Sprintf("limit: the last of %d TCP connections has %d bytes", n, hintBytes),
			value: inMilliseconds(times[len(times)/2]), unit: "ms",
			note: fmt.Sprintf("%.0f to %.0f ms", inMilliseconds(times[0]), inMilliseconds(times[len(times)-1])),
		},
	}, nil
}

// connections opens connections to itself and returns both ends of them.
func connections(ctx context.Context, n int) (ours, theirs []net.Conn, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = listener.Close() }()
	for range n {
		one, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
		if err != nil {
			return ours, theirs, err
		}
		ours = append(ours, one)
		other, err := listener.Accept()
		if err != nil {
			return ours, theirs, err
		}
		theirs = append(theirs, other)
	}
	return ours, theirs, nil
}

func closeAll(lists ...[]net.Conn) {
	for _, connection := range slices.Concat(lists...) {
		_ = connection.Close()
	}
}

func roundTrip(one, other net.Conn) (time.Duration, error) {
	const trips = 1000
	go func() { _, _ = io.CopyN(other, other, trips) }()
	times, letter := make([]time.Duration, trips), []byte{'x'}
	for i := range times {
		began := time.Now()
		if _, err := one.Write(letter); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(one, letter); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	return times[trips/2], nil
}

// fanOut writes the same bytes to all connections, and returns the times until the last one had
// read them, the shortest first.
func fanOut(ours, theirs []net.Conn, rounds int) ([]time.Duration, error) {
	const patience = time.Minute
	arrived := make(chan time.Time, len(ours))
	var readers sync.WaitGroup
	for _, connection := range theirs {
		if err := connection.SetReadDeadline(time.Now().Add(patience * time.Duration(rounds))); err != nil {
			return nil, err
		}
		readers.Go(func() {
			for buffer := make([]byte, hintBytes); ; {
				if _, err := io.ReadFull(connection, buffer); err != nil {
					return
				}
				arrived <- time.Now()
			}
		})
	}
	defer readers.Wait()
	defer closeAll(ours)
	times, message := make([]time.Duration, rounds), make([]byte, hintBytes)
	for i := range times {
		began := time.Now()
		for _, connection := range ours {
			if _, err := connection.Write(message); err != nil {
				return nil, err
			}
		}
		var last time.Time
		for range ours {
			select {
			case last = <-arrived:
			case <-time.After(patience):
				return nil, errors.New("bench: a connection has lost bytes")
			}
		}
		times[i] = last.Sub(began)
	}
	slices.Sort(times)
	return times, nil
}
