mod placing;
