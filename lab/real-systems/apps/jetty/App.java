// Jetty as a library: the application starts the server and binds PORT.
import java.io.IOException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.StatisticsHandler;
import org.eclipse.jetty.servlet.ServletContextHandler;

public class App extends HttpServlet {
  public static void main(String[] args) throws Exception {
    Server server = new Server(Integer.parseInt(System.getenv("PORT")));
    ServletContextHandler routes = new ServletContextHandler();
    routes.addServlet(App.class, "/*");
    // Jetty's documentation: a graceful stop needs a StatisticsHandler, a stop timeout, and stopAtShutdown.
    StatisticsHandler graceful = new StatisticsHandler();
    graceful.setHandler(routes);
    server.setHandler(graceful);
    server.setStopTimeout(8000);
    server.setStopAtShutdown(true);
    server.start();
    server.join();
  }

  @Override
  protected void doGet(HttpServletRequest req, HttpServletResponse res) throws IOException {
    if (req.getPathInfo().equals("/slow")) sleep(2000);
    res.getWriter().println("Jetty");
  }

  private static void sleep(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
