# Sinatra: the application; Thin binds the port.
require "sinatra/base"

class App < Sinatra::Base
  get("/") { "Sinatra\n" }

  get "/slow" do
    sleep 2
    "slept\n"
  end
end
