//go:build unix

// Package engine starts Redis servers for tests and benchmarks.
package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrMissing reports that no server is installed.
var ErrMissing = errors.New("neither redis-server nor valkey-server is installed")

// Server is a server on a port of the loopback interface, in a process of its own. Its methods must
// not be called at the same time.
type Server struct {
	program   string
	folder    string
	port      string
	arguments []string
	process   *exec.Cmd
	ended     chan struct{} // closed when the process has ended
	said      *output
}

// output keeps what the server wrote.
type output struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.buffer.String()
}

// Start starts a server that keeps its files in a folder, without persistence unless the arguments
// say otherwise. Close ends it.
func Start(folder string, arguments ...string) (*Server, error) {
	s := &Server{folder: folder, arguments: arguments, said: &output{}}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			s.program = path
			break
		}
	}
	if s.program == "" {
		return nil, ErrMissing
	}
	var err error
	for range 5 { // another process may take the port before the server does
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = s.Restart(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// Restart starts the server again, on the same port, after Kill.
func (s *Server) Restart() error {
	arguments := append([]string{
		"--port", s.port, "--bind", "127.0.0.1", "--dir", s.folder, "--save", "", "--appendonly", "no",
	}, s.arguments...)
	s.process = exec.Command(s.program, arguments...)
	s.process.Stdout, s.process.Stderr = s.said, s.said
	if err := s.process.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		_ = s.process.Wait()
	}()
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		if s.answers() {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the server has ended: %v", s.said)
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.Kill()
	return fmt.Errorf("the server does not answer: %v", s.said)
}

// answers reports whether the server answers a ping, also if it asks for a password.
func (s *Server) answers() bool {
	connection, err := net.DialTimeout("tcp", s.Address(), time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(time.Second))
	if _, err := connection.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	return err == nil && (strings.HasPrefix(line, "+PONG") || strings.HasPrefix(line, "-NOAUTH"))
}

// Address returns the server's host and port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", s.port) }

// Port returns the server's port.
func (s *Server) Port() string { return s.port }

// Kill ends the server by SIGKILL and waits for its end. It does nothing if the server has ended.
func (s *Server) Kill() {
	_ = s.process.Process.Kill()
	<-s.ended
}

// Freeze stops the server by SIGSTOP: its connections stay, but it does not answer.
func (s *Server) Freeze() error { return s.process.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a stopped server go on.
func (s *Server) Thaw() error { return s.process.Process.Signal(syscall.SIGCONT) }
